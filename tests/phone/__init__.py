"""Phones of another make than the bot."""
