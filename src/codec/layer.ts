/**
 * The contract of a layer: bytes to bytes, in both directions, beneath the codec.
 *
 *     peer ──▶ receive ──▶ codec's decoder ──▶ messages
 *     peer ◀── send ◀───── codec.encode ◀──── messages
 *        ◀── reply        the layer's own bytes
 *
 * Like a codec, it does no I/O and does not know the connection. Unlike a codec, it lasts as long as the
 * connection, and may reply to the peer itself.
 */

/** Transforms the bytes between one connection and its codec. See `Connection.useLayer`. */
export interface Layer {
  /** Called once, before all other methods, with the function that sends the layer's own bytes. */
  open(send: (bytes: Uint8Array) => void): void;
  /**
   * Processes a received chunk and delivers the data in it, in order; no piece is empty. The chunk must
   * not change afterwards.
   *
   * @throws {CodecError} if the peer violates the protocol, after the data before the violation is
   *   delivered. The stream is unusable afterwards.
   */
  receive(chunk: Uint8Array, deliver: (data: Uint8Array) => void): void;
  /** The bytes to send for this data. */
  send(data: Uint8Array): Uint8Array;
  /** The bytes to send before the sending side ends; called once, last. */
  end(): Uint8Array;
}
