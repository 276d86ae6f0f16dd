"""What the demo bank has to say in each language.

Values in braces arrive as safe HTML.
"""

from typing import NamedTuple


class Texts(NamedTuple):
    """Everything the demo bank says in one language; a forgotten text is a type error."""

    current_account: str
    joint_account: str
    savings_account: str
    no_payments: str
    login: str
    """Consent to sign in: `application`, `bank`."""

    login_option: str
    payment: str
    """Consent to a payment: as before, and `amount`, `account`, `debit` (a `<li>` or nothing)."""

    payment_debit: str
    payment_init_option: str
    payment_option: str
