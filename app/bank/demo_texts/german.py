"""The demo bank in German."""

from app.bank.demo_texts.shape import Texts

GERMAN = Texts(
    current_account="Girokonto",
    joint_account="Gemeinschaftskonto",
    savings_account="Sparkonto",
    no_payments="Von diesem Konto sind keine Zahlungen an andere Banken möglich.",
    login="""\
<h3>Zustimmung zum Zugriff eines Dritten</h3>
<p>Ich stimme zu, dass {bank} der Anwendung <strong>{application}</strong> mitteilt:</p>
<ul>
<li>wer ich bin: meinen Vornamen, meinen Nachnamen und die Kennung, unter der {bank} mich
führt,</li>
<li>die Informationen über meine Zahlungskonten, mit denen die Anwendung in meinem Auftrag
arbeiten soll.</li>
</ul>
<p>Die Anwendung erfährt mein Passwort nicht und kann von meinen Konten nicht zahlen.
Ich kann diese Zustimmung jederzeit bei {bank} widerrufen.</p>
""",
    login_option="Ich stimme zu, dass <strong>{application}</strong> diesen Zugriff erhält.",
    payment="""\
<h3>Zustimmung zur Auslösung einer Zahlung</h3>
<p>Ich stimme zu, dass die Anwendung <strong>{application}</strong> diese Zahlung in meinem Namen
auslöst und dass {bank} sie ausführt:</p>
<ul>
<li>Betrag: <strong>{amount}</strong></li>
<li>Konto des Empfängers: <strong>{account}</strong></li>
{debit}</ul>
<p>{bank} teilt der Anwendung nur mit, was sie für diese Zahlung braucht: die Angaben zur Zahlung
und ob sie ausgeführt wurde. Die Anwendung erfährt weder meinen Kontostand noch meine anderen
Zahlungen noch mein Passwort.</p>
<p>Ich kann diese Zustimmung widerrufen, bis die Zahlung ausgeführt ist. Danach kann die Zahlung
nicht mehr zurückgenommen werden, und {bank} bewahrt den Nachweis dieser Zustimmung so lange auf,
wie es das Gesetz verlangt.</p>
""",
    payment_debit="<li>bezahlt vom Konto: <strong>{number}</strong></li>\n",
    payment_init_option="Ich stimme zu, dass <strong>{application}</strong> diese Zahlung auslöst.",
    payment_option=(
        "Ich stimme zu, dass {bank} <strong>{amount}</strong>"
        " auf das Konto <strong>{account}</strong> zahlt."
    ),
)
