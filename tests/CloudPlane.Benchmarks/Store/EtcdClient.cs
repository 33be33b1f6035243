using System.Diagnostics;
using System.Net.Sockets;

namespace CloudPlane.Benchmarks;

/// <summary>
/// Drives etcd with its real gRPC Put over one HTTP/2 connection (RFC 9113), as many streams at once as there are writers. One thread
/// and no library, so that the machine's processors are left to etcd: HttpClient took as much time for a request as etcd did.
/// </summary>
internal sealed class EtcdClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly Dictionary<int, Put> _open = [];
    private readonly Http2Frames _out = new();
    private readonly byte[] _in = new byte[256 * 1024];
    private readonly byte[] _headers;
    private int _received;
    private int _nextStream = 1;
    private long _sendWindow = 65535;

    public EtcdClient(int port)
    {
        _headers = Http2Frames.RequestHeaders("/etcdserverpb.KV/Put", $"127.0.0.1:{port}");
        _socket.Connect("127.0.0.1", port);
        _out.Preface();
    }

    /// <summary>Keeps the given number of puts under way until the time is over. <paramref name="next"/> gets the writer and its turn.</summary>
    public Samples Run(int writers, TimeSpan duration, Func<int, int, (byte[] Key, ReadOnlyMemory<byte> Value)> next)
    {
        var (start, processor) = (Stopwatch.GetTimestamp(), Environment.CpuUsage.TotalTime);
        var ticks = new List<long>();
        var idle = new Queue<(int Writer, int Turn)>(Enumerable.Range(0, writers).Select(w => (w, 0)));
        while (true)
        {
            var over = Stopwatch.GetElapsedTime(start) >= duration;
            while (!over && _sendWindow > 4096 && idle.TryDequeue(out var turn))
                Send(turn.Writer, turn.Turn, next(turn.Writer, turn.Turn));
            _out.SendTo(_socket);
            if (over && _open.Count == 0)
                return new(Stopwatch.GetElapsedTime(start), ticks, Environment.CpuUsage.TotalTime - processor);
            foreach (var put in Receive())
            {
                ticks.Add(Stopwatch.GetTimestamp() - put.Sent);
                idle.Enqueue((put.Writer, put.Turn + 1));
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Send(int writer, int turn, (byte[] Key, ReadOnlyMemory<byte> Value) pair)
    {
        _open.Add(_nextStream, new(writer, turn, Stopwatch.GetTimestamp()));
        _sendWindow -= _out.Request(_nextStream, _headers, pair.Key, pair.Value.Span);
        _nextStream += 2;
    }

    /// <summary>Waits for bytes and returns the puts that they complete.</summary>
    private List<Put> Receive()
    {
        var read = _socket.Receive(_in.AsSpan(_received));
        if (read == 0)
            throw new IOException("etcd closed the connection");
        _received += read;
        var done = new List<Put>();
        var at = 0;
        while (Http2Frames.TryRead(_in.AsSpan(at, _received - at), out var frame))
        {
            Handle(frame, _in.AsSpan(at + Http2Frames.HeaderBytes, frame.Length), done);
            at += Http2Frames.HeaderBytes + frame.Length;
        }
        _in.AsSpan(at, _received - at).CopyTo(_in);
        _received -= at;
        return done;
    }

    private void Handle(Http2Frame frame, ReadOnlySpan<byte> payload, List<Put> done)
    {
        switch (frame.Type)
        {
            case Http2FrameType.Data:
                _open[frame.Stream].Answered = true;
                break;
            case Http2FrameType.Headers when frame.EndsStream:
                // gRPC answers an error with trailers only; a message came only if the put was done.
                if (!_open.Remove(frame.Stream, out var put) || !put.Answered)
                    throw new IOException("etcd refused a put");
                done.Add(put);
                break;
            case Http2FrameType.Settings when !frame.IsAcknowledgement:
                _out.Acknowledge(Http2FrameType.Settings, []);
                break;
            case Http2FrameType.Ping when !frame.IsAcknowledgement:
                _out.Acknowledge(Http2FrameType.Ping, payload);
                break;
            case Http2FrameType.WindowUpdate when frame.Stream == 0:
                _sendWindow += System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case Http2FrameType.ResetStream or Http2FrameType.GoAway:
                throw new IOException($"etcd sent {frame.Type}");
        }
    }

    private sealed class Put(int writer, int turn, long sent)
    {
        public int Writer { get; } = writer;

        public int Turn { get; } = turn;

        public long Sent { get; } = sent;

        public bool Answered { get; set; }
    }
}
