;; As the refused case of this name, but null on both paths
;; expect: OK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (table $t 4 externref)
  (func (export "main") (local $x externref)
    (if (call $choose)
      (then (local.set $x (ref.null extern)))
      (else (local.set $x (ref.null extern))))
    (call $Text.free (local.get $x)))
)
