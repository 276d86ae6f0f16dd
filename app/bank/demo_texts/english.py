"""The demo bank in English."""

from app.bank.demo_texts.shape import Texts

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
