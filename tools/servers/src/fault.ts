/** Something about this machine stops us: the message is one line for a person and says what to do. */
export class ServerFault extends Error {
  override readonly name = 'ServerFault';
}
