using AtSync.Crypto;

namespace AtSync.Client.Tests.Onboarding;

/// <summary>The same against our own atServer.</summary>
public class ActivationOnServerTests
{
    [Fact]
    public async Task An_activation_leaves_an_active_atSign_without_its_secret()
    {
        await using var world = await RealServer.StartAsync();
        var keys = await world.ActivateAsync();
        var described = await world.DescribeAsync();
        Assert.True(described.IsActivated);
        Assert.Null(described.Secret);
        Assert.NotNull(keys.EnrollmentId);
        Assert.Equal(keys.EnrollmentId, AtKeysFile.Load(world.KeyFile, TestKeys.Alice, null).EnrollmentId);
    }

    [Fact]
    public async Task A_wrong_secret_is_refused_by_its_code()
    {
        await using var world = await RealServer.StartAsync();
        var failure = await Assert.ThrowsAsync<AtException>(() => world.ActivateAsync("wrong"));
        Assert.Equal((AtFault.Refused, "AT0401"), (failure.Fault, failure.Code));
        Assert.Equal(RealServer.Secret, (await world.DescribeAsync()).Secret);
    }

    [Fact]
    public async Task An_atSign_that_is_active_already_is_refused()
    {
        await using var world = await RealServer.StartAsync();
        await world.ActivateAsync();
        File.Delete(world.KeyFile);
        var failure = await Assert.ThrowsAsync<AtException>(() => world.ActivateAsync());
        Assert.Equal(AtFault.Refused, failure.Fault);
        Assert.Contains("already activated", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_crash_at_any_command_is_made_good_by_repeating(bool isDone)
    {
        for (var cut = 0; ; cut++)
        {
            await using var world = await RealServer.StartAsync();
            world.UsesProxy = true;
            (world.Proxy.CutAt, world.Proxy.IsDone) = (cut, isDone);
            var failure = await Record.ExceptionAsync(() => world.ActivateAsync());
            if (!world.Proxy.HasCut)
            {
                Assert.Null(failure);
                Assert.InRange(cut, 8, 30);
                return;
            }

            Assert.True(failure is AtException { Fault: AtFault.Network }, $"cut at {cut}: {failure}");
            world.Proxy.CutAt = null;
            var keys = await world.ActivateAsync();
            Assert.True((await world.DescribeAsync()).IsActivated);
            Assert.NotNull(keys.EnrollmentId);
        }
    }
}
