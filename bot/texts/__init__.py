"""Every sentence the bot says, as pure functions; a file per noun."""

from bot.texts import turns as turns  # noqa: PLC0414 - rooms above write texts.turns
