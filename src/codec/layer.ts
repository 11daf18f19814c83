/**
 * The contract of a layer: bytes into bytes, both ways, beneath the codec.
 *
 *     peer ──▶ receive ──▶ codec's decoder ──▶ messages
 *     peer ◀── send ◀───── codec.encode ◀──── messages
 *        ◀── say          what the layer has to say for itself
 *
 * As a codec it does no I/O and knows no connection; other than a codec it lasts as
 * long as the connection, and may answer the peer by itself.
 */

/** Stands between one connection's bytes and its codec. See `Connection.useLayer`. */
export interface Layer {
  /** Called once, before everything else, with the way to send bytes of the layer's own. */
  open(say: (bytes: Uint8Array) => void): void;
  /**
   * Takes a chunk that came, and delivers what of it is data, in order; each piece is
   * not empty. The chunk must not change afterwards.
   *
   * @throws {CodecError} if the peer does not keep to it, after what came before was
   *   delivered; the stream is of no use after that.
   */
  receive(chunk: Uint8Array, deliver: (data: Uint8Array) => void): void;
  /** What to send for this data. */
  send(data: Uint8Array): Uint8Array;
  /** What is still to be sent before our side ends; called once, last. */
  end(): Uint8Array;
}
