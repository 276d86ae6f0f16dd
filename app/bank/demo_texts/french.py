"""The demo bank in French."""

from app.bank.demo_texts.shape import Texts

FRENCH = Texts(
    current_account="Compte courant",
    joint_account="Compte joint",
    savings_account="Compte d’épargne",
    no_payments="Ce compte ne permet pas de payer vers d’autres banques.",
    login="""\
<h3>Consentement à l’accès d’un tiers</h3>
<p>J’accepte que {bank} communique à l’application <strong>{application}</strong>\u202f:</p>
<ul>
<li>qui je suis\u202f: mon prénom, mon nom et l’identifiant sous lequel {bank}
me connaît\u202f;</li>
<li>les informations sur mes comptes de paiement avec lesquelles j’ai demandé à l’application
de travailler.</li>
</ul>
<p>L’application n’a pas connaissance de mon mot de passe et ne peut pas payer depuis mes comptes.
Je peux retirer ce consentement à tout moment auprès de {bank}.</p>
""",
    login_option="J’accepte que <strong>{application}</strong> obtienne cet accès.",
    payment="""\
<h3>Consentement à l’initiation d’un paiement</h3>
<p>J’accepte que l’application <strong>{application}</strong> initie ce paiement en mon nom
et que {bank} l’exécute\u202f:</p>
<ul>
<li>montant\u202f: <strong>{amount}</strong></li>
<li>compte du bénéficiaire\u202f: <strong>{account}</strong></li>
{debit}</ul>
<p>{bank} ne communique à l’application que ce dont elle a besoin pour ce paiement\u202f:
les détails du paiement et s’il a été exécuté. L’application n’a connaissance ni de mon solde,
ni de mes autres paiements, ni de mon mot de passe.</p>
<p>Je peux retirer ce consentement tant que le paiement n’est pas exécuté. Ensuite, le paiement
ne peut plus être annulé, et {bank} conserve la trace de ce consentement aussi longtemps que
la loi l’exige.</p>
""",
    payment_debit="<li>compte débité\u202f: <strong>{number}</strong></li>\n",
    payment_init_option="J’accepte que <strong>{application}</strong> initie ce paiement.",
    payment_option=(
        "J’accepte que {bank} verse <strong>{amount}</strong>"
        " sur le compte <strong>{account}</strong>."
    ),
)
