namespace CloudPlane.Agent.Tests;

public sealed class MemoryTrimmerTests
{
    private const long Mebibyte = 1024 * 1024;
    private long _allocated;
    private int _trims;

    [Fact]
    public void Trims_once_after_a_burst_and_not_within_it()
    {
        var trimmer = new MemoryTrimmer(TimeProvider.System, () => _allocated, () => _trims++);
        for (var i = 0; i < 5; i++)
            Look(trimmer, 20 * Mebibyte, expected: 0);
        Look(trimmer, 1000, expected: 1);
        Look(trimmer, 0, expected: 1);
        Look(trimmer, 2 * Mebibyte, expected: 1);
        Look(trimmer, 0, expected: 1);
        Look(trimmer, 9 * Mebibyte, expected: 1);
        Look(trimmer, 1000, expected: 2);
    }

    private void Look(MemoryTrimmer trimmer, long allocates, int expected)
    {
        _allocated += allocates;
        trimmer.Look();
        Assert.Equal(expected, _trims);
    }
}
