"""The identity of the bot's account, which signs its device."""
