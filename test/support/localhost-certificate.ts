/** A key and a certificate for localhost that nobody trusts, valid until 2126: for servers of tests.
 * Made with `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost`. */
export const LOCALHOST_CERTIFICATE = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg/1JTSwrVlHwboQuU
2OpkvlQLsklQxBfjgN4BLk1HO1ShRANCAAQK1U4WeIPrvCTxzWqzU+Gyi0bHxEKi
jx0XulNZZGmi5M1nvKoPqQSKBNYR4Sj8CGY9DcSsdsURkf/7Hn9gOOUN
-----END PRIVATE KEY-----`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUQ75f4z7eMWP6/tSlqYpiNMj5+M8wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTE1NTA0MFoYDzIxMjYxMDI4
MTU1MDQwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQK1U4WeIPrvCTxzWqzU+Gyi0bHxEKijx0XulNZZGmi5M1nvKoPqQSK
BNYR4Sj8CGY9DcSsdsURkf/7Hn9gOOUNo28wbTAdBgNVHQ4EFgQUQnQm1h1LGHS5
9mot4hFptJ+TadgwHwYDVR0jBBgwFoAUQnQm1h1LGHS59mot4hFptJ+TadgwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgDpALrCey+zuqO8fz5nfFfcE+R3rmyHwuQbFsrNyqju8CIQCl
DqedqZ4cDQHlbByhNZtfnXJmNpUek//O9oBlZbFcew==
-----END CERTIFICATE-----`,
};
