import type { PaymentProvider, ProviderOptions } from './provider.js';

/** What signs a delivery the way a provider does. */
export interface SigningInput {
  readonly body: Buffer;
  readonly secret: string;
  /** When it is signed, milliseconds since 1970; for schemes that sign a time. */
  readonly signedAtMs: number;
}

/** One line of the list of providers: all that the rest of Tollgate needs to know of one. */
export interface ProviderEntry {
  /** URL segment, `inbox.provider` and metric label. */
  readonly name: string;
  /**
   * Environment variable with the secrets of the default account, newest first; followed by
   * `_<ACCOUNT>` it has those of another account.
   */
  readonly secretsVariable: string;
  /**
   * Environment variable with the API keys of the default account, newest first, in the same way
   * for other accounts; the same as `secretsVariable` where a key is also what signs.
   */
  readonly apiKeysVariable: string;
  /** Environment variable with the base of the API's addresses, for all accounts. */
  readonly apiBaseVariable: string;
  /** @throws Error when a secret is blank */
  readonly create: (options: ProviderOptions) => PaymentProvider;
  /** The headers that make a delivery of this body genuine. For tools and tests only. */
  readonly sign: (input: SigningInput) => Readonly<Record<string, string>>;
  /** Folder of `<event type>[.<variant>].json`, written by us after the provider's pages. */
  readonly samplesFolder: URL;
}
