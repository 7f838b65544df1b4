import type { JsonSchema } from './json-schema.ts';

export interface Reference {
  readonly $ref: string;
}

export interface AsyncApiMessage {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  readonly contentType: 'application/json';
  readonly headers?: JsonSchema;
  readonly payload: JsonSchema;
  readonly examples: readonly { readonly payload: object }[];
}

export interface AsyncApiChannel {
  readonly address: string;
  readonly title: string;
  readonly description: string;
  readonly servers: readonly Reference[];
  readonly parameters?: Readonly<Record<string, { readonly description: string }>>;
  readonly messages: Readonly<Record<string, Reference>>;
  readonly bindings?: Readonly<Record<string, object>>;
}

export interface AsyncApiOperation {
  /** Seen from the gateway. */
  readonly action: 'send' | 'receive';
  readonly channel: Reference;
  readonly summary: string;
  readonly messages: readonly Reference[];
  readonly bindings?: Readonly<Record<string, object>>;
}

/** What this system's document has of AsyncAPI 3. */
export interface AsyncApiDocument {
  readonly asyncapi: '3.0.0';
  readonly id: string;
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly description: string;
    readonly license: { readonly name: string };
  };
  readonly defaultContentType: 'application/json';
  readonly servers: Readonly<
    Record<
      string,
      {
        readonly host: string;
        readonly protocol: string;
        readonly description: string;
        readonly security?: readonly Reference[];
      }
    >
  >;
  readonly channels: Readonly<Record<string, AsyncApiChannel>>;
  readonly operations: Readonly<Record<string, AsyncApiOperation>>;
  readonly components: {
    readonly messages: Readonly<Record<string, AsyncApiMessage>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
}
