"""Prices requests with genai-prices, in the vendors' environment: JSON in, a sum a line out.

In: `[[vendor, model, moment, input, output, cache read, cache write], …]`. Out: dollars, or
`unknown`.
"""

import json
import sys
from datetime import datetime

from genai_prices import Usage, calc_price


def main() -> int:
    """Price every request."""
    for vendor, model, moment, plain, answer, read, write in json.load(sys.stdin):
        usage = Usage(
            input_tokens=plain,
            output_tokens=answer,
            cache_read_tokens=read,
            cache_write_tokens=write,
        )
        try:
            found = calc_price(
                usage,
                model,
                provider_id=vendor,
                genai_request_timestamp=datetime.fromisoformat(moment),
            )
        except LookupError:
            sys.stdout.write("unknown\n")
        else:
            sys.stdout.write(f"{found.total_price}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
