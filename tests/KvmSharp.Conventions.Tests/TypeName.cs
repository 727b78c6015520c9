using System;
using System.Linq;

namespace KvmSharp.Conventions;

/// <summary>Types as C# writes them.</summary>
static class TypeName
{
    /// <summary>The name with its namespace, for what is listed.</summary>
    public static string Full(Type type) => type.Namespace is { } space ? $"{space}.{Of(type)}" : Of(type);

    /// <summary>The name without it, for what is referred to.</summary>
    public static string Of(Type type)
    {
        if (type.IsByRef)
            return "ref " + Of(type.GetElementType()!);
        if (type.IsPointer)
            return Of(type.GetElementType()!) + "*";
        if (type.IsArray)
            return Of(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Of(underlying) + "?";
        if (type.IsGenericParameter)
            return type.Name;
        string name = type.IsNested ? $"{Of(type.DeclaringType!)}.{type.Name}" : Keyword(type) ?? type.Name;
        if (!type.IsGenericType)
            return name;
        int tick = name.IndexOf('`', StringComparison.Ordinal);
        return tick < 0 ? name : $"{name[..tick]}<{string.Join(", ", type.GetGenericArguments().Select(Of))}>";
    }

    static string? Keyword(Type type) => type.IsEnum || type.Namespace != "System" ? null : type.Name switch
    {
        nameof(Boolean) => "bool",
        nameof(Byte) => "byte",
        nameof(UInt16) => "ushort",
        nameof(Int32) => "int",
        nameof(UInt32) => "uint",
        nameof(Int64) => "long",
        nameof(UInt64) => "ulong",
        nameof(UIntPtr) => "nuint",
        nameof(String) => "string",
        nameof(Object) => "object",
        "Void" => "void",
        _ => null,
    };
}
