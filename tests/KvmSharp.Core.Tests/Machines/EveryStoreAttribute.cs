using System;
using System.Collections.Generic;
using System.Reflection;
using Xunit.Sdk;

namespace KvmSharp.Tests.Machines;

/// <summary>Runs a theory once for each store; further arguments follow the store.</summary>
[AttributeUsage(AttributeTargets.Method, AllowMultiple = true)]
public sealed class EveryStoreAttribute(params object[] arguments) : DataAttribute
{
    public object[] Arguments => arguments;

    public override IEnumerable<object[]> GetData(MethodInfo testMethod)
    {
        foreach (Store store in Enum.GetValues<Store>())
            yield return [store, .. arguments];
    }
}
