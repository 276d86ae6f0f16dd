"""Words of the demo bank, in English and in Czech.

They stand here and not among our translations because a bank writes its own: account names,
reasons and the consents that its lawyers have signed off. Values in braces arrive as safe HTML.
"""

from collections.abc import Mapping
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


ENGLISH = Texts(
    current_account="Current account",
    joint_account="Joint account",
    savings_account="Savings account",
    no_payments="This account does not allow payments to other banks.",
    login="""\
<h3>Consent to the access of a third party</h3>
<p>I agree that {bank} tells the application <strong>{application}</strong>:</p>
<ul>
<li>who I am: my given name, my family name and the identifier that {bank} keeps for me,</li>
<li>the information about my payment accounts that I have asked the application to work with.</li>
</ul>
<p>The application does not learn my password and cannot pay from my accounts.
I can withdraw this consent at any time at {bank}.</p>
""",
    login_option="I agree that <strong>{application}</strong> gets this access.",
    payment="""\
<h3>Consent to the initiation of a payment</h3>
<p>I agree that the application <strong>{application}</strong> initiates this payment on my behalf
and that {bank} carries it out:</p>
<ul>
<li>amount: <strong>{amount}</strong></li>
<li>account of the payee: <strong>{account}</strong></li>
{debit}</ul>
<p>{bank} tells the application only what it needs for this payment: the details of the payment,
and whether it was made. The application does not learn my balance, my other payments
or my password.</p>
<p>I can withdraw this consent until the payment is carried out. After that the payment cannot
be taken back, and {bank} keeps the record of this consent for as long as the law asks.</p>
""",
    payment_debit="<li>paid from the account: <strong>{number}</strong></li>\n",
    payment_init_option="I agree that <strong>{application}</strong> initiates this payment.",
    payment_option=(
        "I agree that {bank} pays <strong>{amount}</strong>"
        " to the account <strong>{account}</strong>."
    ),
)

CZECH = Texts(
    current_account="Běžný účet",
    joint_account="Společný účet",
    savings_account="Spořicí účet",
    no_payments="Z tohoto účtu nelze platit do jiných bank.",
    login="""\
<h3>Souhlas s přístupem třetí strany</h3>
<p>Souhlasím s tím, aby banka {bank} sdělila aplikaci <strong>{application}</strong>:</p>
<ul>
<li>kdo jsem: mé jméno, mé příjmení a identifikátor, pod kterým mě banka vede,</li>
<li>informace o mých platebních účtech, se kterými má aplikace na mou žádost pracovat.</li>
</ul>
<p>Aplikace se nedozví mé heslo a nemůže z mých účtů platit.
Tento souhlas mohu v bance {bank} kdykoli odvolat.</p>
""",
    login_option=(
        "Souhlasím s tím, aby aplikace <strong>{application}</strong> získala tento přístup."
    ),
    payment="""\
<h3>Souhlas s iniciováním platby</h3>
<p>Souhlasím s tím, aby aplikace <strong>{application}</strong> mým jménem iniciovala tuto platbu
a aby ji banka {bank} provedla:</p>
<ul>
<li>částka: <strong>{amount}</strong></li>
<li>účet příjemce: <strong>{account}</strong></li>
{debit}</ul>
<p>Banka {bank} sdělí aplikaci jen to, co k této platbě potřebuje: údaje o platbě
a zda byla provedena. Aplikace se nedozví zůstatek na mém účtu, mé ostatní platby ani mé heslo.</p>
<p>Tento souhlas mohu odvolat do chvíle, než bude platba provedena. Poté už ji nelze vzít zpět
a banka {bank} uchová záznam o tomto souhlasu po dobu, kterou ukládá zákon.</p>
""",
    payment_debit="<li>placeno z účtu: <strong>{number}</strong></li>\n",
    payment_init_option=(
        "Souhlasím s tím, aby aplikace <strong>{application}</strong> iniciovala tuto platbu."
    ),
    payment_option=(
        "Souhlasím s tím, aby banka {bank} zaplatila <strong>{amount}</strong>"
        " na účet <strong>{account}</strong>."
    ),
)

TEXTS: Mapping[str, Texts] = {"en": ENGLISH, "cs": CZECH}


def texts(language: str) -> Texts:
    """Return the words in this language, e.g. "cs" or "cs-CZ"; English when there are none."""
    return TEXTS.get(language[:2], ENGLISH)
