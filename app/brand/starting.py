"""The brand that the settings name: refused with what is wrong with it, or with warnings told."""

from pathlib import Path

import structlog

from app.brand.look import Brand
from app.brand.reading import read
from app.settings import Settings, refuse

log = structlog.get_logger("webflow.brand")


def brand_or_exit(settings: Settings) -> Brand:
    """Return the brand, or end the process with one line for each fault of its folder.

    Colours that not everybody can read are a warning in the demo; production refuses them.
    """
    if not settings.brand.folder:
        return Brand()
    folder = Path(settings.brand.folder)
    brand, findings = read(folder, settings.web.languages)
    faults = list(findings.faults)
    if settings.profile == "production":
        faults += findings.unreadable
    refuse(faults, f"In the brand of {folder.resolve()} (WEBFLOW_BRAND__FOLDER)")
    for warning in [*findings.warnings, *findings.unreadable]:
        log.warning("brand.warning", about=warning)
    return brand
