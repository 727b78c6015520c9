using System;
using System.IO;
using System.Linq;
using Xunit;

namespace KvmSharp.Cli.Tests.Run;

public sealed class RunWrongUseTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kvmsharp-run-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("run", "required argument missing for command: 'run'")]
    [InlineData("run x --memory 1", "--memory \"1\" is not a whole number of pages of 4096 bytes")]
    [InlineData("run x --memory 4K", "--memory \"4K\" is not between 64K and 512G")]
    [InlineData("run x --memory 1P", "--memory \"1P\" is not a size such as 256M or 4G")]
    [InlineData("run x --memory 99999999999999G", "--memory \"99999999999999G\" is not a size such as 256M or 4G")]
    [InlineData("run x --cpus 0", "--cpus \"0\" is not a number from 1 to 1024")]
    [InlineData("run x --slots 32765", "--slots \"32765\" is not a number from 1 to 32764")]
    [InlineData("run x --memory 64K --slots 17", "--slots \"17\" is not a number from 1 to 16")]
    [InlineData("run x --slot-store pile", "unknown store \"pile\"; known are ")]
    [InlineData("run x --slots 33 --slot-store fixed-array:32", "33 slots are more than the 32 that the store \"fixed-array:32\" keeps")]
    [InlineData("run x --vcpu-store pile", "unknown store \"pile\"; known are ")]
    [InlineData("run x --cpus 513 --vcpu-store fixed-512", "513 vCPUs are more than the 512 that the store \"fixed-512\" keeps")]
    [InlineData("run x --backend kvm --vcpu-store list", "--vcpu-store goes with --backend soft")]
    [InlineData("run x --entry here", "--entry \"here\" is not an address such as 0x100000")]
    [InlineData("run x --mode virtual", "unknown mode \"virtual\"; known are real, protected, long")]
    [InlineData("run x --timeout 0", "--timeout \"0\" is not a number above 0 and up to 3600")]
    [InlineData("run x --backend no", "unknown backend \"no\"; known are ")]
    [InlineData("run /no/such/image", "\"/no/such/image\" does not exist")]
    [InlineData("run /", "\"/\" is a folder")]
    public void A_wrong_use_is_one_line_and_exit_code_2(string commandLine, string expected) =>
        AssertRefused(commandLine, expected);

    [Fact]
    public void An_empty_image_is_refused() => AssertImageRefused([], "", "is empty");

    [Fact]
    public void An_image_that_is_larger_than_memory_is_refused() => AssertImageRefused(
        ElfFile.Executable64(0x10_0000, 0x10_0000, [0xf4], 0x1000_0000), "", "does not fit in memory: it ends at 0x10100000");

    [Fact]
    public void An_image_over_the_boot_record_is_refused() => AssertImageRefused(
        ElfFile.Executable64(0x1000, 0x1000, [0xf4], 1), "", "is loaded at 0x1000, below 0x100000");

    [Fact]
    public void A_machine_without_room_for_the_stacks_is_refused() => AssertImageRefused(
        ElfFile.Executable64(0x10_0000, 0x10_0000, [0xf4], 1), "--memory 2M --cpus 64", "does not fit in memory: 0x200000 bytes");

    [Fact]
    public void A_real_mode_image_on_too_many_vcpus_is_refused() => AssertImageRefused(
        [0xf4], "--cpus 25", "starts in real mode, where 24 vCPUs are the most");

    [Fact]
    public void A_real_mode_entry_out_of_reach_is_refused() => AssertImageRefused(
        [0xf4], "--entry 0x100000", "starts at 0x100000, which real mode does not reach");

    void AssertImageRefused(byte[] image, string options, string expected)
    {
        string path = Path.Combine(_folder, "image");
        File.WriteAllBytes(path, image);
        AssertRefused($"run {path} {options}", $"\"{path}\" {expected}");
    }

    static void AssertRefused(string commandLine, string expected)
    {
        CommandRun run = CommandRun.Of(commandLine);

        Assert.StartsWith($"kvmsharp run: {expected}", run.Error, StringComparison.Ordinal);
        Assert.Equal(ExitCode.WrongUse, run.ExitCode);
        Assert.Equal(1, run.Error.Count(character => character == '\n'));
        Assert.Empty(run.Out);
    }
}
