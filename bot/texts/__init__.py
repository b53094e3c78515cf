"""Every sentence the bot says, as pure functions; a file per noun."""

from bot.texts import about as about
from bot.texts import absence as absence
from bot.texts import addkey as addkey
from bot.texts import claim as claim
from bot.texts import conversation as conversation
from bot.texts import costs as costs
from bot.texts import edits as edits
from bot.texts import failures as failures
from bot.texts import groups as groups
from bot.texts import keymessage as keymessage
from bot.texts import keys as keys
from bot.texts import model as model
from bot.texts import prefixes as prefixes
from bot.texts import reasoning as reasoning
from bot.texts import removekey as removekey
from bot.texts import stamps as stamps
from bot.texts import streaming as streaming
from bot.texts import topics as topics
from bot.texts import tuning as tuning
from bot.texts import turns as turns
from bot.texts import unread as unread
from bot.texts import unsealed as unsealed
from bot.texts import usage as usage
