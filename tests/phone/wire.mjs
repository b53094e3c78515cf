// What the phone says: answers, and that something changed.

const SETTLED_MS = 10; // many changes come at once, and are told of once

export const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

let isDue = false;

export function stir() {
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
        isDue = false;
        say({ event: "stirred" });
    }, SETTLED_MS);
}
