;; Every kind of element and data segment, and what initialises globals
;; expect: OK
(module
  (import "m" "base" (global $base i32))
  (import "m" "ref" (global $ref externref))
  (import "m" "table" (table $imported 1 10 externref))
  (table $funcs 4 funcref)
  (table $refs 4 8 externref)
  (memory 1 65536)
  (global i32 (i32.const -1))
  (global i64 (i64.const -1))
  (global (mut f32) (f32.const nan:0x200001))
  (global f64 (f64.const -0))
  (global i32 (global.get $base))
  (global externref (global.get $ref))
  (global funcref (ref.func $f))
  (global (mut funcref) (ref.null func))
  (elem (table $funcs) (i32.const 0) func $f $g)
  (elem (table $funcs) (global.get $base) funcref (ref.func $f) (ref.null func))
  (elem (table $refs) (i32.const 0) externref (ref.null extern) (global.get $ref))
  (elem func $f)
  (elem funcref (ref.null func) (ref.func $g))
  (elem declare func $h)
  (elem declare externref (ref.null extern))
  (data (i32.const 0) "active")
  (data (global.get $base) "")
  (data "passive")
  (func $f)
  (func $g (param externref) (result externref) local.get 0)
  (func $h)
  (func (export "init") (result funcref)
    i32.const 0
    i32.const 0
    i32.const 3
    memory.init 2
    data.drop 2
    ref.func $h)
  (start $f))
