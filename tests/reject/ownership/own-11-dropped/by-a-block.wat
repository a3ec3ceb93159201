;; A branch carries the number and leaves the reference below it behind
;; expect: OWN_LEAK func=1 offset=0x4b
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (memory 1)
  (func (export "main")
    (i32.store (i32.const 0)
      (block $out (result i32)
        (call $Text.new (i32.const 4))
        (i32.const 5)
        (br $out)))) ;; <- refused here
)
