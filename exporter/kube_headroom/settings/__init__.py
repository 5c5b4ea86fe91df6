"""Every setting, read once from flags, environment and file; refuses what it does not know."""

from kube_headroom.settings.given import SettingsError
from kube_headroom.settings.reading import read, read_own
from kube_headroom.settings.table import SETTINGS, Setting, Settings

__all__ = ["SETTINGS", "Setting", "Settings", "SettingsError", "read", "read_own"]
