import { expect, it } from 'vitest';
import { withoutCredentials } from './redact.ts';

it.each([
  ['https://user:pw@host/x?a=1', 'https://…@host/x?a=1'],
  ['provider=aws tag_key=role tag_value=web access_key_id=AK secret_access_key="s k"', 'provider=aws tag_key=role tag_value=web access_key_id=… secret_access_key=…'],
  ['provider=digitalocean api_token=abc region=nyc', 'provider=digitalocean api_token=… region=nyc'],
  ['https://host/hook?token=abc&x=1', 'https://host/hook?token=…&x=1'],
  ['10.0.0.1:8946', '10.0.0.1:8946'],
])('%s', (text, shown) => {
  expect(withoutCredentials(text)).toBe(shown);
}); // prettier-ignore
