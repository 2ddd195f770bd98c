// What is used of kafkajs: its mechanisms of SASL, one by one. Version 2.2.4 exactly: this is not its public interface.
declare module 'kafkajs/src/broker/saslAuthenticator/*' {
  const provider: (sasl: object) => (connection: object) => { authenticate(): Promise<void> };
  export = provider;
}
