namespace AtSync.Bench.Measuring;

/// <summary>The members of one result line, in their order; numbers only.</summary>
internal sealed class Measurement
{
    private readonly List<(string Name, double Value)> _members = [];

    public IReadOnlyList<(string Name, double Value)> Members => _members;

    public Measurement With(string name, double value)
    {
        _members.Add((name, value));
        return this;
    }

    /// <summary>The members of another one, too.</summary>
    public Measurement With(Measurement others)
    {
        _members.AddRange(others._members);
        return this;
    }

    /// <summary>The members that every workload has.</summary>
    public static Measurement Of(
        double seconds, long records, long bytes, double clientCpuSeconds, double serverCpuSeconds, double clientPeakMb, double serverPeakMb) =>
        new Measurement()
            .With("seconds", seconds)
            .With("recordsPerSecond", seconds > 0 ? records / seconds : 0)
            .With("bytes", bytes)
            .With("bytesPerRecord", records > 0 ? (double)bytes / records : 0)
            .With("clientCpuSeconds", clientCpuSeconds)
            .With("serverCpuSeconds", serverCpuSeconds)
            .With("clientPeakMb", clientPeakMb)
            .With("serverPeakMb", serverPeakMb);

    /// <summary>The median of every member.</summary>
    public static Measurement Median(IReadOnlyList<Measurement> repeats)
    {
        var median = new Measurement();
        for (var i = 0; i < repeats[0]._members.Count; i++)
        {
            median.With(repeats[0]._members[i].Name, MedianOf([.. repeats.Select(repeat => repeat._members[i].Value)]));
        }

        return median;
    }

    public static double MedianOf(double[] values) => Percentile(values, 0.5);

    /// <summary>With linear interpolation between neighbours.</summary>
    public static double Percentile(double[] values, double share)
    {
        var sorted = values.Order().ToArray();
        var position = share * (sorted.Length - 1);
        var below = (int)position;
        return below + 1 < sorted.Length ? sorted[below] + ((sorted[below + 1] - sorted[below]) * (position - below)) : sorted[below];
    }
}
