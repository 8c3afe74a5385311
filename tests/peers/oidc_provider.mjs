// The sign-in of a student information system for tests: npm oidc-provider, with its own pages for signing in.
// node oidc_provider.mjs PORT REDIRECT_URI: whoever types an address is who he says. Prints a line when it listens.
import Provider from 'oidc-provider';

const [port, redirect] = process.argv.slice(2);
// The provider's words about development settings are not for the test.
console.warn = () => {};
console.info = () => {};
const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id: 'schoolbell', client_secret: 'a secret: with a colon & more', redirect_uris: [redirect] }],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  // The address stands in the ID token itself, as student information systems do it.
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, email_verified: !id.startsWith('unproven') }) }),
});
provider.listen(Number(port), '127.0.0.1', () => console.log('listens'));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
