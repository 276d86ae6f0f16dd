"""The demo bank in Romanian."""

from app.bank.demo_texts.shape import Texts

ROMANIAN = Texts(
    current_account="Cont curent",
    joint_account="Cont comun",
    savings_account="Cont de economii",
    no_payments="Din acest cont nu se pot face plăți către alte bănci.",
    login="""\
<h3>Consimțământ pentru accesul unei terțe părți</h3>
<p>Sunt de acord ca {bank} să comunice aplicației <strong>{application}</strong>:</p>
<ul>
<li>cine sunt: prenumele, numele de familie și identificatorul sub care {bank} mă are
în evidență;</li>
<li>informațiile despre conturile mele de plăți cu care am cerut aplicației să lucreze.</li>
</ul>
<p>Aplicația nu îmi află parola și nu poate plăti din conturile mele.
Pot retrage acest consimțământ oricând la {bank}.</p>
""",
    login_option="Sunt de acord ca <strong>{application}</strong> să primească acest acces.",
    payment="""\
<h3>Consimțământ pentru inițierea unei plăți</h3>
<p>Sunt de acord ca aplicația <strong>{application}</strong> să inițieze această plată în numele meu
și ca {bank} să o execute:</p>
<ul>
<li>suma: <strong>{amount}</strong></li>
<li>contul beneficiarului: <strong>{account}</strong></li>
{debit}</ul>
<p>{bank} comunică aplicației doar ce îi trebuie pentru această plată: detaliile plății
și dacă a fost executată. Aplicația nu îmi află nici soldul, nici celelalte plăți,
nici parola.</p>
<p>Pot retrage acest consimțământ până la executarea plății. După aceea plata nu mai poate fi
anulată, iar {bank} păstrează dovada acestui consimțământ cât timp cere legea.</p>
""",
    payment_debit="<li>plătit din contul: <strong>{number}</strong></li>\n",
    payment_init_option=(
        "Sunt de acord ca <strong>{application}</strong> să inițieze această plată."
    ),
    payment_option=(
        "Sunt de acord ca {bank} să plătească <strong>{amount}</strong>"
        " în contul <strong>{account}</strong>."
    ),
)
