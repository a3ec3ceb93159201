;; The references that a br_table carries are used at one target and dropped at the other
;; expect: OWN_LEAK func=3 offset=0x7d
;; monitor: MON_LEAK
;; contract: block Text { stamp: i64; bytes: u8[]; }
(module
  (import "singula/Text" "new" (func $Text.new (param i32) (result externref)))
  (import "singula/Text" "free" (func $Text.free (param externref)))
  (import "env" "choose" (func $choose (result i32)))
  (memory 1)
  (func (export "main")
    (block $drop (result externref)
      (block $free (result externref)
        (call $Text.new (i32.const 4))
        (br_table $drop $free (call $choose)))
      (call $Text.free)
      (return))
    drop ;; <- refused here
  )
)
