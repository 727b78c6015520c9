using System;
using System.IO;
using KvmSharp.Checkpoints;
using KvmSharp.HostMemory;
using KvmSharp.Tests.Machines;
using Xunit;
using static KvmSharp.Tests.Machines.Machine;

namespace KvmSharp.Tests.Checkpoints;

/// <summary>Files that are damaged, cut short, or not what they should be.</summary>
public sealed class CheckpointFileTests : IDisposable
{
    readonly AnonymousMemory _memory = AnonymousMemory.Create(4 * PG);
    readonly VirtualMachine _vm = Create(Store.SlotTries);

    public CheckpointFileTests()
    {
        _vm.Put(1, 256, _memory, pages: 4);
        _memory.WriteUInt64(PG, 1);
    }

    public void Dispose()
    {
        _vm.Dispose();
        _memory.Dispose();
    }

    (byte[] Whole, byte[] Difference) Save()
    {
        using RestorePoint first = RestorePoint.Take(_vm);
        _vm.Memory.Write(At(257), 0UL);
        _vm.Memory.Write(At(258), 2UL);
        using RestorePoint second = RestorePoint.Take(_vm, first);
        return (Bytes(first.Checkpoint), Bytes(second.Checkpoint));

        static byte[] Bytes(Checkpoint checkpoint)
        {
            using var stream = new MemoryStream();
            checkpoint.Save(stream);
            return stream.ToArray();
        }
    }

    static Checkpoint Load(byte[] file, int length, Checkpoint? parent = null) =>
        Checkpoint.Load(new MemoryStream(file, 0, length), parent);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_byte_that_is_flipped_is_noticed(bool isDifference)
    {
        (byte[] whole, byte[] difference) = Save();
        using Checkpoint? parent = isDifference ? Load(whole, whole.Length) : null;
        byte[] file = isDifference ? difference : whole;

        for (int index = 0; index < file.Length; index++)
        {
            file[index] ^= (byte)(1 << (index % 8));
            CheckpointFileException refused =
                Assert.Throws<CheckpointFileException>(() => Load(file, file.Length, parent));
            Assert.InRange(refused.Position, 0, index);
            file[index] ^= (byte)(1 << (index % 8));
        }
        Load(file, file.Length, parent).Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_length_but_the_right_one_is_noticed(bool isDifference)
    {
        (byte[] whole, byte[] difference) = Save();
        using Checkpoint? parent = isDifference ? Load(whole, whole.Length) : null;
        byte[] file = isDifference ? difference : whole;
        byte[] longer = [.. file, 0];

        for (int length = 0; length < file.Length; length++)
        {
            CheckpointFileException refused = Assert.Throws<CheckpointFileException>(() => Load(file, length, parent));
            Assert.Contains("cut short", refused.Message, StringComparison.Ordinal);
        }
        Assert.Contains(
            "follows the end",
            Assert.Throws<CheckpointFileException>(() => Load(longer, longer.Length, parent)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_difference_goes_with_its_parent_and_no_other()
    {
        (byte[] whole, byte[] difference) = Save();
        (byte[] other, _) = Save();
        using Checkpoint parent = Load(whole, whole.Length);
        using Checkpoint stranger = Load(other, other.Length);

        Assert.Contains(
            $"{parent.Id}; load that first",
            Assert.Throws<CheckpointFileException>(() => Load(difference, difference.Length)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            $"{parent.Id}, not {stranger.Id}",
            Assert.Throws<CheckpointFileException>(() => Load(difference, difference.Length, stranger)).Message,
            StringComparison.Ordinal);
        Assert.Throws<CheckpointFileException>(() => Load(whole, whole.Length, parent));
    }

    [Fact]
    public void A_file_that_cannot_be_written_leaves_the_old_one()
    {
        using TemporaryDirectory directory = new();
        using RestorePoint point = RestorePoint.Take(_vm);
        string path = directory.File("checkpoint");
        Directory.CreateDirectory(path);

        Assert.ThrowsAny<Exception>(() => point.Checkpoint.Save(path));

        Assert.Equal([path], Directory.GetFileSystemEntries(directory.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData("no checkpoint, but long enough to be one")]
    public void What_is_no_checkpoint_is_said_to_be_none(string text)
    {
        byte[] file = System.Text.Encoding.ASCII.GetBytes(text);

        CheckpointFileException refused = Assert.Throws<CheckpointFileException>(() => Load(file, file.Length));
        Assert.Contains("at byte 0", refused.Message, StringComparison.Ordinal);
    }
}
