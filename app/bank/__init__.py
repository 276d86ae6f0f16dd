"""The bank behind the portal. The name in the settings chooses one; here is the only choice."""

from app.bank.base import Bank
from app.bank.demo import DemoBank
from app.settings import BankSettings


def build_bank(settings: BankSettings) -> Bank:
    """Build the bank that the settings name."""
    match settings.adapter:
        case "demo":
            return DemoBank(settings.name)
