"""The demo bank in Czech."""

from app.bank.demo_texts.shape import Texts

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
