// Register and ask passkeys on a page of the bank: `nevis.auth.fido2.register(…)` and
// `.authenticate(…)`. Both resolve with {status, errorMessage, transaction}; a browser that makes or
// signs nothing rejects with its own error.
(() => {
  const base = new URL("..", document.currentScript.src);

  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (char) => char.charCodeAt(0));
  const text = (buffer) =>
    btoa(Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join(""))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (credentials) => (credentials ?? []).map((each) => ({ ...each, id: bytes(each.id) }));

  const post = async (path, body) => {
    const answer = await fetch(new URL(path, base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
    return answer.json();
  };

  const bring = async (path, credential, names, statusToken, more) => {
    const response = {};
    for (const name of names) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    if (credential.response.getTransports) response.transports = credential.response.getTransports();
    const told = { type: credential.type, id: credential.id, response, ...more };
    const result = await post(path, { ...told, userAgent: navigator.userAgent.slice(0, 256) });
    if (statusToken) result.transaction = await post("api/v1/status", { statusToken });
    return result;
  };

  const register = async ({ credentialCreationOptions: options, statusToken, authenticatorName }) => {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      user: { ...options.user, id: bytes(options.user.id) },
      excludeCredentials: known(options.excludeCredentials),
    };
    const credential = await navigator.credentials.create({ publicKey });
    const more = authenticatorName ? { userFriendlyName: authenticatorName } : {};
    const names = ["clientDataJSON", "attestationObject"];
    return bring("_app/attestation/result", credential, names, statusToken, more);
  };

  const authenticate = async ({ credentialRequestOptions: options, statusToken, mediation }) => {
    const publicKey = {
      ...options,
      challenge: bytes(options.challenge),
      allowCredentials: known(options.allowCredentials),
    };
    const credential = await navigator.credentials.get({ publicKey, ...(mediation && { mediation }) });
    const names = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
    return bring("_app/assertion/result", credential, names, statusToken, {});
  };

  const nevis = (window.nevis ??= {});
  nevis.auth ??= {};
  nevis.auth.fido2 = { register, authenticate };
})();
