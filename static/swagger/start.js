// Shows the API of the façade that this page stands below; nothing is asked of any other server.
window.addEventListener("DOMContentLoaded", () => {
  const facade = window.location.pathname.split("/swagger-ui")[0];
  window.SwaggerUIBundle({
    domNode: document.getElementById("swagger-ui"),
    url: `${facade}/v3/api-docs`,
    deepLinking: true,
    validatorUrl: null,
    tryItOutEnabled: true,
    // Without this a 401 is never shown: the browser asks for a password in a window of its own.
    requestInterceptor: (request) => Object.assign(request, { credentials: "omit" }),
    presets: [window.SwaggerUIBundle.presets.apis],
  });
});
