;; As the refused case of this name, but all lead to the one that frees
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main") (local $t externref)
    (local.set $t (call $Text.new (i32.const 4)))
    (block $lost
      (block $free
        (br_table $free $free $free $free $free (i32.add (call $choose) (call $choose))))
      (call $Text.free (local.get $t))
      (return))
    (nop))
)
