"""What a homeserver answers to the story.

`python -m tests.simulators.matrix.likeness URL PASSWORD` tells it to a server on which `alice`,
`bob` and `hearth` have new accounts with that password, and prints the answers. Those of a Synapse
are in tests/recorded/matrix_synapse.txt.
"""

import asyncio
import sys

from tests.simulators.matrix.likeness.answers import answers

if __name__ == "__main__":
    sys.stdout.write("\n".join(asyncio.run(answers(sys.argv[1], sys.argv[2]))) + "\n")
