/** The floor of answering packets: a UDP socket that sends back what it got. */
import { createSocket } from 'node:dgram';

process.once('message', ({ ip }: { ip: string }) => {
  const socket = createSocket({ type: 'udp4', lookup: (address, _options, done) => done(null, address, 4) });
  socket.on('message', (datagram, { address, port }) => socket.send(datagram, port, address));
  socket.bind(0, ip, () => {
    process.send?.({ ip, port: socket.address().port });
  });
});
process.on('disconnect', () => process.exit(0));
