"""Runs of minutes: what a suite of seconds is too short for."""
