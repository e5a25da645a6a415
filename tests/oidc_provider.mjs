// A real OpenID Connect provider (npm oidc-provider) for the tests: node oidc_provider.mjs FOLDER PORT CONFIG.
// FOLDER holds node_modules; CONFIG is JSON: clients, and people as {sub: claims}.
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, port, text] = process.argv.slice(2);
const given = JSON.parse(text);
const { Provider } = await import(pathToFileURL(join(folder, "node_modules/oidc-provider/lib/index.js")));
const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: given.clients,
  scopes: ["openid", "profile", "groups"],
  claims: { openid: ["sub"], profile: ["name", "preferred_username"], groups: ["groups", "area"] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  cookies: { keys: ["only for a test"] },
  findAccount: (_, sub) => given.people[sub] && { accountId: sub, claims: () => ({ sub, ...given.people[sub] }) },
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
