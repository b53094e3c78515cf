"""One folder per outside system: that system's library and `bot.domain`, nothing else."""
