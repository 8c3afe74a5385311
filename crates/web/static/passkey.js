// Passkeys: the browser speaks with the device, this speaks with the school. Without it the code by mail stays.
"use strict";

{
  const octets = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

  const post = async (path, csrf, fields) => {
    const answer = await fetch(path, { method: "POST", body: new URLSearchParams({ csrf, ...fields }) });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.status === 204 ? undefined : answer.json();
  };
  const head = (made) => ({ id: made.id, rawId: text(made.rawId), type: made.type, clientExtensionResults: {} });

  const make = async (csrf) => {
    const { token, options } = await post("/family/passkeys/new", csrf, {});
    options.challenge = octets(options.challenge);
    options.user.id = octets(options.user.id);
    for (const known of options.excludeCredentials) known.id = octets(known.id);
    const made = await navigator.credentials.create({ publicKey: options });
    const { attestationObject, clientDataJSON } = made.response;
    const transports = made.response.getTransports ? made.response.getTransports() : [];
    const response = { attestationObject: text(attestationObject), clientDataJSON: text(clientDataJSON), transports };
    await post("/family/passkeys", csrf, { token, answer: JSON.stringify({ ...head(made), response }) });
  };

  const enter = async (csrf) => {
    const { token, options } = await post("/family/passkeys/ask", csrf, {});
    options.challenge = octets(options.challenge);
    const found = await navigator.credentials.get({ publicKey: options });
    const { authenticatorData, clientDataJSON, signature, userHandle } = found.response;
    const response = { authenticatorData: text(authenticatorData), clientDataJSON: text(clientDataJSON), signature: text(signature), userHandle: text(userHandle) };
    await post("/family/passkeys/enter", csrf, { token, answer: JSON.stringify({ ...head(found), response }) });
  };

  const place = document.querySelector("[data-passkey]");
  if (place && window.PublicKeyCredential) {
    const button = place.querySelector("button");
    const wrong = place.querySelector("[data-wrong]");
    place.hidden = false;
    button.addEventListener("click", async () => {
      wrong.hidden = true;
      button.disabled = true;
      try {
        await (place.dataset.passkey === "make" ? make : enter)(place.dataset.csrf);
        location.assign(place.dataset.then);
      } catch {
        wrong.hidden = false;
        button.disabled = false;
        button.focus();
      }
    });
  }
}
