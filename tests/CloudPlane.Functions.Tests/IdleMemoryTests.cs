namespace CloudPlane.Functions.Tests;

public sealed class IdleMemoryTests
{
    private const long Mebibyte = 1024 * 1024;
    private long _allocated;
    private int _collections;

    [Fact]
    public void Collects_once_after_a_burst_and_not_within_it()
    {
        var memory = new IdleMemory(TimeProvider.System, () => _allocated, () => _collections++);
        for (var i = 0; i < 5; i++)
            Look(memory, 20 * Mebibyte, expected: 0);
        Look(memory, 1000, expected: 1);
        Look(memory, 0, expected: 1);
        Look(memory, Mebibyte, expected: 1);
        Look(memory, 0, expected: 1);
        Look(memory, 9 * Mebibyte, expected: 1);
        Look(memory, 1000, expected: 2);
    }

    private void Look(IdleMemory memory, long allocates, int expected)
    {
        _allocated += allocates;
        memory.Look();
        Assert.Equal(expected, _collections);
    }
}
