"""The operator's choices: one TOML file plus environment, read and checked once."""

from bot.config.load import config_path, load_config, survey_config
from bot.config.shape import (
    AccessConfig,
    Config,
    EndpointConfig,
    MatrixConfig,
    MembersConfig,
    ProviderConfig,
    TelegramConfig,
    WebConfig,
)

__all__ = [
    "AccessConfig",
    "Config",
    "EndpointConfig",
    "MatrixConfig",
    "MembersConfig",
    "ProviderConfig",
    "TelegramConfig",
    "WebConfig",
    "config_path",
    "load_config",
    "survey_config",
]
