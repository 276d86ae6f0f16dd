"""The demo bank in Spanish."""

from app.bank.demo_texts.shape import Texts

SPANISH = Texts(
    current_account="Cuenta corriente",
    joint_account="Cuenta conjunta",
    savings_account="Cuenta de ahorro",
    no_payments="Desde esta cuenta no se puede pagar a otros bancos.",
    login="""\
<h3>Consentimiento para el acceso de un tercero</h3>
<p>Acepto que {bank} comunique a la aplicación <strong>{application}</strong>:</p>
<ul>
<li>quién soy: mi nombre, mis apellidos y el identificador con el que {bank} me reconoce;</li>
<li>la información sobre mis cuentas de pago con la que he pedido a la aplicación que
trabaje.</li>
</ul>
<p>La aplicación no conoce mi contraseña y no puede pagar desde mis cuentas.
Puedo retirar este consentimiento en {bank} en cualquier momento.</p>
""",
    login_option="Acepto que <strong>{application}</strong> obtenga este acceso.",
    payment="""\
<h3>Consentimiento para la iniciación de un pago</h3>
<p>Acepto que la aplicación <strong>{application}</strong> inicie este pago en mi nombre
y que {bank} lo ejecute:</p>
<ul>
<li>importe: <strong>{amount}</strong></li>
<li>cuenta del beneficiario: <strong>{account}</strong></li>
{debit}</ul>
<p>{bank} solo comunica a la aplicación lo que necesita para este pago: los datos del pago
y si se ha ejecutado. La aplicación no conoce mi saldo, mis otros pagos ni mi contraseña.</p>
<p>Puedo retirar este consentimiento hasta que se ejecute el pago. Después, el pago ya no se puede
anular y {bank} conserva constancia de este consentimiento durante el tiempo que exige la ley.</p>
""",
    payment_debit="<li>pagado desde la cuenta: <strong>{number}</strong></li>\n",
    payment_init_option="Acepto que <strong>{application}</strong> inicie este pago.",
    payment_option=(
        "Acepto que {bank} pague <strong>{amount}</strong> a la cuenta <strong>{account}</strong>."
    ),
)
