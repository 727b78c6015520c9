using System;
using System.IO;
using Xunit;

namespace KvmSharp.Cli.Tests;

public sealed class ReplacedFileTests : IDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("kvmsharp-replaced-").FullName;

    string Target => Path.Combine(_folder, "results.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_old_content_stays_until_the_new_is_complete()
    {
        File.WriteAllText(Target, "old");
        using (ReplacedFile file = ReplacedFile.Open(Target))
        {
            Assert.Equal("old", File.ReadAllText(Target));
            file.Replace(writer => writer.Write("new"));
        }

        Assert.Equal("new", File.ReadAllText(Target));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_file_that_was_not_there_appears_when_it_is_complete()
    {
        using (ReplacedFile file = ReplacedFile.Open(Target))
        {
            Assert.False(File.Exists(Target));
            file.Replace(writer => writer.Write("new"));
        }

        Assert.Equal("new", File.ReadAllText(Target));
    }

    [Fact]
    public void What_is_never_written_leaves_nothing_behind()
    {
        File.WriteAllText(Target, "old");
        ReplacedFile.Open(Target).Dispose();

        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void A_failure_while_writing_leaves_the_old_content()
    {
        File.WriteAllText(Target, "old");
        using (ReplacedFile file = ReplacedFile.Open(Target))
        {
            Assert.Throws<InvalidOperationException>(() => file.Replace(writer =>
            {
                writer.Write("half");
                throw new InvalidOperationException();
            }));
        }

        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Single(Directory.GetFiles(_folder));
    }

    [Fact]
    public void The_file_behind_a_link_is_replaced_and_the_link_stays()
    {
        string link = Path.Combine(_folder, "link.json");
        File.WriteAllText(Target, "old");
        File.CreateSymbolicLink(link, "results.json");

        using (ReplacedFile file = ReplacedFile.Open(link))
            file.Replace(writer => writer.Write("new"));

        Assert.Equal("new", File.ReadAllText(Target));
        Assert.NotNull(new FileInfo(link).LinkTarget);
    }

    [Fact]
    public void A_folder_is_refused()
    {
        CommandException refusal = Assert.Throws<CommandException>(() => ReplacedFile.Open(_folder));

        Assert.Equal(ExitCode.WrongUse, refusal.ExitCode);
        Assert.Contains("is a folder", refusal.Message);
    }

    [Fact]
    public void A_device_is_written_and_stays_a_device()
    {
        if (!OperatingSystem.IsLinux())
            return;
        using (ReplacedFile file = ReplacedFile.Open("/dev/null"))
            file.Replace(writer => writer.Write("gone"));

        Assert.Empty(File.ReadAllText("/dev/null"));
    }
}
