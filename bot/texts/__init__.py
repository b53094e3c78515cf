"""Every sentence the bot says, as pure functions; a file per noun."""

from bot.texts import failures as failures
from bot.texts import turns as turns
