using System;
using System.Collections;
using System.Collections.Generic;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace KvmSharp.Lab.Scale;

/// <summary>How much of the managed heap a design's own objects take, to the byte.</summary>
static class HeapSize
{
    const BindingFlags OwnFields =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    /// <summary>Bytes of an object and all that it leads to.</summary>
    /// <param name="root">The object.</param>
    /// <param name="outside">Types whose objects, and what those lead to, do not count.</param>
    internal static long Of(object root, params ReadOnlySpan<Type> outside) => OfAll([root], outside);

    /// <summary>The same for several objects; what they share counts once.</summary>
    internal static long OfAll(IEnumerable<object> roots, params ReadOnlySpan<Type> outside)
    {
        long bytes = 0;
        var seen = new HashSet<object>(roots, ReferenceEqualityComparer.Instance);
        var rest = new Stack<object>(seen);
        while (rest.TryPop(out object? next))
        {
            bytes += SizeOf(next);
            foreach (object reference in ReferencesOf(next))
            {
                if (!outside.Contains(reference.GetType()) && seen.Add(reference))
                    rest.Push(reference);
            }
        }
        return bytes;
    }

    // What the runtime takes for another object of the same size; the second time, when it has what it needs to know.
    static long SizeOf(object one)
    {
        AllocateLike(one);
        long before = GC.GetAllocatedBytesForCurrentThread();
        AllocateLike(one);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    static void AllocateLike(object one)
    {
        Type type = one.GetType();
        if (one is Array array)
            Array.CreateInstance(type.GetElementType()!, array.Length);
        else
            RuntimeHelpers.GetUninitializedObject(type);
    }

    static List<object> ReferencesOf(object one)
    {
        var references = new List<object>();
        if (one is Array array)
        {
            if (!array.GetType().GetElementType()!.IsPrimitive)
            {
                foreach (object? element in array)
                    Add(references, element);
            }
            return references;
        }
        for (Type? type = one.GetType(); type is not null; type = type.BaseType)
        {
            foreach (FieldInfo field in type.GetFields(OwnFields))
            {
                if (!field.FieldType.IsPrimitive && !field.FieldType.IsPointer)
                    Add(references, field.GetValue(one));
            }
        }
        return references;
    }

    // A struct takes its room inside whatever holds it, and leads on. Of an inline array reflection sees the first element;
    // it hands out all of them itself.
    static void Add(List<object> references, object? value)
    {
        if (value is ValueType and IEnumerable elements)
        {
            foreach (object? element in elements)
                Add(references, element);
        }
        else if (value is ValueType)
            references.AddRange(ReferencesOf(value));
        else if (value is not null)
            references.Add(value);
    }
}
