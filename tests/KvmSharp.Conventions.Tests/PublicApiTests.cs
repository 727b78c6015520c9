using System;
using System.IO;
using System.Linq;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>What the library offers is a decision: the listing is checked in, and changes with the code or not at all.</summary>
public sealed class PublicApiTests
{
    const string Listing = "tests/KvmSharp.Conventions.Tests/PublicApi.KvmSharp.Core.txt";
    const string Update = "KVMSHARP_UPDATE_API";

    [Fact]
    public void The_public_surface_is_as_listed()
    {
        string now = PublicApi.Of(typeof(VirtualMachine).Assembly);
        if (Environment.GetEnvironmentVariable(Update) == "1")
            File.WriteAllText(Path.Combine(Repository.Root, Listing), now);

        string[] listed = Repository.Read(Listing, $"run this test with {Update}=1 to write it").Split('\n');
        string[] found = now.Split('\n');
        Repository.AssertNone(
            [.. listed.Except(found).Select(line => $"- {line}"), .. found.Except(listed).Select(line => $"+ {line}")],
            $"the public surface is not as listed. If it is meant, run this test with {Update}=1 and commit {Listing}:");
        Assert.Equal(listed, found);
    }
}
