using AtSync.Directory;
using AtSync.Server;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace AtSync.App.Hosting.Management;

/// <summary>
/// What the libraries measure, collected by OpenTelemetry: for <c>/metrics</c>, and sent by OTLP where the standard variables say so
/// (<c>OTEL_EXPORTER_OTLP_ENDPOINT</c> and its kin). With neither, nothing is collected and nothing costs anything.
/// </summary>
internal sealed class Telemetry : IDisposable
{
    /// <summary>.NET's own: memory, collections, threads, CPU.</summary>
    private const string RuntimeMeterName = "System.Runtime";

    private readonly PrometheusExporter? _prometheus;
    private readonly BaseExportingMetricReader? _reader;
    private readonly MeterProvider? _metrics;
    private readonly TracerProvider? _traces;

    // One collection at a time.
    private readonly Lock _gate = new();

    /// <param name="name">Of the service, unless <c>OTEL_SERVICE_NAME</c> gives another.</param>
    /// <param name="hasMetrics">Whether <see cref="Metrics"/> will be asked.</param>
    public Telemetry(string name, bool hasMetrics)
    {
        var sendsMetrics = IsSet("OTEL_EXPORTER_OTLP_ENDPOINT") || IsSet("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
        var sendsTraces = IsSet("OTEL_EXPORTER_OTLP_ENDPOINT") || IsSet("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
        if (hasMetrics)
        {
            _prometheus = new PrometheusExporter();
            _reader = new BaseExportingMetricReader(_prometheus) { TemporalityPreference = MetricReaderTemporalityPreference.Cumulative };
        }

        if (hasMetrics || sendsMetrics)
        {
            var builder = Sdk.CreateMeterProviderBuilder()
                .ConfigureResource(resource => Describe(resource, name))
                .AddMeter(ServerTelemetry.MeterName, DirectoryTelemetry.MeterName, RuntimeMeterName);
            builder = _reader is null ? builder : builder.AddReader(_reader);
            _metrics = (sendsMetrics ? builder.AddOtlpExporter() : builder).Build();
        }

        if (sendsTraces)
        {
            _traces = Sdk.CreateTracerProviderBuilder()
                .ConfigureResource(resource => Describe(resource, name))
                .AddSource(ServerTelemetry.ActivitySourceName)
                .AddOtlpExporter()
                .Build();
        }
    }

    /// <summary>All metrics as Prometheus text; null when they could not be collected.</summary>
    public string? Metrics()
    {
        lock (_gate)
        {
            return _reader?.Collect() == true ? _prometheus!.Text : null;
        }
    }

    public void Dispose()
    {
        _metrics?.Dispose();
        _traces?.Dispose();
    }

    private static void Describe(ResourceBuilder resource, string name) =>
        // Variables go last: what they say counts.
        resource.Clear().AddService($"atsync-{name}").AddTelemetrySdk().AddEnvironmentVariableDetector();

    private static bool IsSet(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
