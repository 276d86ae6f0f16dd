// Shows the API of the façade that this page stands below; nothing is asked of any other server.
window.addEventListener("DOMContentLoaded", () => {
  const facade = window.location.pathname.split("/swagger-ui")[0];
  window.SwaggerUIBundle({
    domNode: document.getElementById("swagger-ui"),
    url: `${facade}/v3/api-docs`,
    deepLinking: true,
    validatorUrl: null,
    tryItOutEnabled: true,
    presets: [window.SwaggerUIBundle.presets.apis],
  });
});
